-- Looks at documents behind the number $3, at most $4 of them: the last number, how many of source $2 the run $1 has
-- found, and the numbers of those that have vanished.
--
-- What the run gave up is there, and so is what somebody put back into its queue since, and what lies in a part of the source that it could not list. Where a document
-- that links to others was given up ($5), what only links lead to may be there.
WITH page AS MATERIALIZED (
    SELECT document_number, doc_key, source_name, locator, link_depth, seen_by_run
    FROM documents
    WHERE document_number > $3
    ORDER BY document_number
    LIMIT $4
), judged AS (
    SELECT document_number,
           CASE WHEN source_name <> $2 THEN NULL
                WHEN seen_by_run = $1 THEN false
                WHEN $5 AND link_depth > 0 THEN NULL
                WHEN EXISTS (SELECT 1 FROM dead_letter_queue letter
                             WHERE letter.run_id = $1 AND letter.doc_key = page.doc_key) THEN NULL
                WHEN EXISTS (SELECT 1 FROM document_queue queued
                             WHERE queued.run_id = $1 AND queued.doc_key = page.doc_key) THEN NULL
                WHEN EXISTS (SELECT 1 FROM discovery_problems problem
                             WHERE problem.run_id = $1 AND problem.source_name = $2
                               AND (problem.hides_source OR problem.locator = page.locator
                                    OR starts_with(page.locator, rtrim(problem.locator, '/') || '/'))) THEN NULL
                ELSE true
           END AS has_vanished
    FROM page
)
SELECT max(document_number), count(*) FILTER (WHERE NOT has_vanished),
       coalesce(array_agg(document_number) FILTER (WHERE has_vanished), '{}')
FROM judged
