-- Sums of bigint are numeric.
SELECT source_name, format, outcome, sum(documents)::bigint, sum(bytes)::bigint, sum(elements)::bigint
FROM run_counters
WHERE run_id = $1
GROUP BY source_name, format, outcome
