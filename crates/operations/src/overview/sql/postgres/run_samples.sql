SELECT (extract(epoch FROM sampled_at) * 1000)::bigint, queued, ended, failed, listed, leader_epoch
FROM run_samples
WHERE run_id = $1
ORDER BY minute DESC
LIMIT 121
