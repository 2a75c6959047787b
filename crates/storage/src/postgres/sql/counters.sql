-- Sums of bigint are numeric.
SELECT source_name, outcome, format, sum(documents)::bigint, sum(elements)::bigint,
       sum(structural_relationships)::bigint, sum(explicit_relationships)::bigint, sum(bytes)::bigint
FROM run_counters
WHERE run_id = $1
GROUP BY source_name, outcome, format
