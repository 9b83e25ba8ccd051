-- The certificate codes in the file named by BENCH_CODES, one a line, again and again, with BENCH_SUFFIX behind.
-- A failed lookup ends the run, unless BENCH_MAY_FAIL is set: then it does not count.
local suffix = os.getenv("BENCH_SUFFIX")
local codes, head, tail
local place = 1

function init()
    local file = io.open(os.getenv("BENCH_CODES"))
    codes = file:read("*a")
    file:close()
    head, tail = wrk.format("GET", "/c/CODE" .. suffix):match("^(.-)CODE(.*)$")
end

-- Costs the same whether there are a thousand codes or a million, in the first round and in later ones.
function request()
    local stop = codes:find("\n", place, true)
    local made = head .. codes:sub(place, stop - 1) .. tail
    place = stop < #codes and stop + 1 or 1
    return made
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    if failed > 0 then
        io.stderr:write(string.format("bench: %d of %d lookups failed\n", failed, summary.requests))
        if not os.getenv("BENCH_MAY_FAIL") then
            os.exit(1)
        end
    end
    print(summary.requests - errors.status, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3)
end
