-- One statement, one snapshot: both sums are of the same moment. Sums of bigint are numeric.
SELECT coalesce(sum(enqueued), 0)::bigint, coalesce(sum(ended), 0)::bigint FROM run_progress WHERE run_id = $1
