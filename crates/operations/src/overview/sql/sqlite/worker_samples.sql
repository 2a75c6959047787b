-- The workers that left samples of the run, each with its latest ones first. How old one is tells whether it lives.
SELECT worker_id, unixepoch('subsec') - sampled_at / 1000.0, ended, memory_bytes, version, in_hand
FROM worker_samples
WHERE run_id = ?1
ORDER BY minute DESC
LIMIT 5000
