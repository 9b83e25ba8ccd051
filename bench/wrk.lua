-- The certificate codes in the file named by BENCH_CODES, one a line, again and again, with BENCH_SUFFIX behind.
-- A failed lookup ends the run, unless BENCH_MAY_FAIL is set: then it does not count.
local codes = {}
local requests = {}
local suffix = os.getenv("BENCH_SUFFIX")
local last = 0

function init()
    for code in io.lines(os.getenv("BENCH_CODES")) do
        codes[#codes + 1] = code
    end
end

-- Made when it is its turn: to make a million takes seconds in which nothing is asked.
function request()
    last = last % #codes + 1
    requests[last] = requests[last] or wrk.format("GET", "/c/" .. codes[last] .. suffix)
    return requests[last]
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
