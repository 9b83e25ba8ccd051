-- The certificate codes in the file named by BENCH_CODES, one a line, again and again.
local codes = {}
local last = 0

function init()
    for code in io.lines(os.getenv("BENCH_CODES")) do
        codes[#codes + 1] = wrk.format("GET", "/c/" .. code .. ".json")
    end
end

function request()
    last = last % #codes + 1
    return codes[last]
end

function done(summary)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    if failed > 0 then
        io.stderr:write(string.format("bench: %d of %d lookups failed\n", failed, summary.requests))
        os.exit(1)
    end
    print(summary.requests, summary.duration / 1e6)
end
