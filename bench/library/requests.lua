-- What wrk asks for: the addresses in the file PATHS of the environment, one after the other, or (NEXT=1) the pages of
-- a list, each by the cursor of the one before. Prints one line of JSON for run.py.

local paths, at = {}, 0
local follow, after = os.getenv("NEXT") == "1", nil
for line in io.lines(os.getenv("PATHS")) do
    paths[#paths + 1] = line
end

local function encode(text)
    return (text:gsub("[^%w%-._~]", function(char) return string.format("%%%02X", char:byte()) end))
end

function request()
    if after then
        return wrk.format("GET", paths[1] .. "&after=" .. encode(after))
    end
    at = at % #paths + 1
    return wrk.format("GET", paths[at])
end

-- Only where it is needed: wrk keeps each answer's body for it.
if follow then
    function response(_, _, body)
        after = body:match('"next":%s*"([^"]*)"')
    end
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d,"max_us":%d,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
