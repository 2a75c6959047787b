-- At most one row a worker a minute. The limit is for those who start workers by the thousand.
SELECT worker_id, extract(epoch FROM now() - sampled_at)::double precision, ended, memory_bytes
FROM worker_samples
WHERE minute >= floor(extract(epoch FROM now()) / 60)::bigint - 7 AND run_id = $1
ORDER BY minute DESC
LIMIT 5000
