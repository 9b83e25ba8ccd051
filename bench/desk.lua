-- As wrk.lua, but failed lookups are counted, not refused.
dofile("bench/wrk.lua")

function done(summary)
    local errors = summary.errors
    print(summary.requests, summary.duration / 1e6, errors.connect + errors.read + errors.write + errors.status + errors.timeout)
end
