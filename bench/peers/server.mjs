// A lookup as Fastify and node-postgres do it: a pool of connections, a prepared statement, a compiled JSON schema.
import fastify from 'fastify';
import pg from 'pg';

const { PEER_PORT, PEER_SOCKET, PEER_PG_PORT, PEER_QUERY } = process.env;
const text = { type: 'string', nullable: true };
const pool = new pg.Pool({
    host: PEER_SOCKET, port: Number(PEER_PG_PORT), user: 'postgres', database: 'volunteer', max: 16,
});
const server = fastify();

server.get('/c/:name', {
    schema: {
        response: { 200: { type: 'object', properties: { status: text, status_since: text, reason: text, token: text } } },
    },
}, async (request, reply) => {
    const code = request.params.name.replace(/\.json$/, '');
    const { rows } = await pool.query({ name: 'lookup', text: PEER_QUERY, values: [code] });

    return rows.length ? rows[0] : reply.code(404).send();
});

await server.listen({ host: '127.0.0.1', port: Number(PEER_PORT) });
