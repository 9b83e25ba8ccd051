-- As wrk.lua, but failed lookups are counted, not refused; BENCH_STARTED names a file that says that they have begun.
dofile("bench/wrk.lua")

local started = os.getenv("BENCH_STARTED")
local next_request = request

function request()
    if started then
        io.open(started, "w"):close()
        started = nil
    end
    return next_request()
end

function done(summary)
    local errors = summary.errors
    print(summary.requests, summary.duration / 1e6, errors.connect + errors.read + errors.write + errors.status + errors.timeout)
end
