<?php
// A lookup as PHP does it: a connection that outlives the request, one round trip.
$database = new PDO(
    "pgsql:host={$_SERVER['PEER_SOCKET']};port={$_SERVER['PEER_PG_PORT']};dbname=volunteer", 'postgres', null,
    [PDO::ATTR_PERSISTENT => true, PDO::ATTR_EMULATE_PREPARES => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$lookup = $database->prepare($_SERVER['PEER_QUERY']);
$lookup->execute([basename($_SERVER['DOCUMENT_URI'], '.json')]);
$row = $lookup->fetch(PDO::FETCH_ASSOC);

http_response_code($row ? 200 : 404);
header('Content-Type: application/json');
echo json_encode($row, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
