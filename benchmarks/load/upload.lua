-- For wrk: a body of 1 MiB, and an answer that tells its length; any other counts as an error.
wrk.method = "POST"
wrk.body = string.rep("x", 1048576)

wrong = 0 -- global, so that done() can ask each thread for it

function response(status, headers, body)
  if status ~= 200 or body ~= "1048576" then
    wrong = wrong + 1
  end
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency, requests)
  for _, thread in ipairs(threads) do
    if thread:get("wrong") ~= 0 then
      print("Non-2xx or wrong answers: " .. thread:get("wrong"))
    end
  end
end
