-- A lookup as nginx's Lua does it: cosockets that speak the protocol of PostgreSQL, pooled, a statement prepared once a
-- connection, one request on it at a time.
local _M = {}

local byte, char, sub = string.byte, string.char, string.sub
local tcp = ngx.socket.tcp
local format = string.format

local function int32(n)
    return char(math.floor(n / 16777216) % 256, math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
end

local function number(s, at)
    local a, b, c, d = byte(s, at, at + 3)
    return ((a * 256 + b) * 256 + c) * 256 + d
end

local function message(kind, body)
    return kind .. int32(#body + 4) .. body
end

local function receive(socket)
    local head = assert(socket:receive(5))
    local len = number(head, 2) - 4
    return sub(head, 1, 1), len > 0 and assert(socket:receive(len)) or ""
end

-- Reads up to ReadyForQuery; the values of the last row.
local function answer(socket)
    local row
    while true do
        local kind, body = receive(socket)
        if kind == "D" then
            row = {}
            local at = 3
            for i = 1, byte(body, 2) do
                local len = number(body, at)
                at = at + 4
                if len < 2147483648 then
                    row[i] = sub(body, at, at + len - 1)
                    at = at + len
                end
            end
        elseif kind == "E" then
            error(body)
        elseif kind == "Z" then
            return row
        end
    end
end

local function connect(conf)
    local socket = tcp()
    assert(socket:connect(conf.address, { pool = "peer", pool_size = 16, backlog = 1000 }))
    if socket:getreusedtimes() == 0 then
        local startup = int32(196608) .. "user\0postgres\0database\0volunteer\0\0"
        assert(socket:send(int32(#startup + 4) .. startup))
        answer(socket)
        assert(socket:send(message("P", "lookup\0" .. conf.query .. "\0\0\0") .. message("S", "")))
        answer(socket)
    end
    return socket
end

-- JSON of the code's row, nil if there is none.
local function lookup(conf, code)
    local socket = connect(conf)
    assert(socket:send(message("B", "\0lookup\0\0\0\0\1" .. int32(#code) .. code .. "\0\0")
        .. message("E", "\0" .. int32(0)) .. message("S", "")))
    local row = answer(socket)
    socket:setkeepalive(0)
    return row and format('{"status":"%s","status_since":"%s","reason":"%s","token":"%s"}', row[1], row[2], row[3] or "", row[4])
end

local function say(json)
    if not json then
        return ngx.exit(404)
    end
    ngx.header["Content-Type"] = "application/json"
    ngx.header["Content-Length"] = #json
    ngx.print(json)
end

local function code()
    return sub(ngx.var.uri, 4, -6)
end

function _M.uncached(conf)
    say(lookup(conf, code()))
end

function _M.cached(conf)
    local answers = ngx.shared.answers
    local name = code()
    local json = answers:get(name)
    if not json then
        json = lookup(conf, name)
        answers:set(name, json)
    end
    say(json)
end

return _M
