-- Looks at documents behind the number ?3, at most ?4 of them: number, and whether it is one of source ?2 that the run ?1
-- has found (0), or that has vanished (1), or neither (NULL).
--
-- What the run gave up is there, and so is what somebody put back into its queue since, and what lies in a part of the
-- source that it could not list. Where a document that links to others was given up (?5), what only links lead to may be
-- there.
SELECT d.document_number,
       CASE WHEN d.source_name <> ?2 THEN NULL
            WHEN d.seen_by_run = ?1 THEN 0
            WHEN ?5 AND d.link_depth > 0 THEN NULL
            WHEN EXISTS (SELECT 1 FROM dead_letter_queue letter
                         WHERE letter.run_id = ?1 AND letter.doc_id = d.doc_id) THEN NULL
            WHEN EXISTS (SELECT 1 FROM document_queue queued
                         WHERE queued.run_id = ?1 AND queued.doc_id = d.doc_id) THEN NULL
            WHEN EXISTS (SELECT 1 FROM discovery_problems problem
                         WHERE problem.run_id = ?1 AND problem.source_name = ?2
                           AND (problem.hides_source OR problem.locator = d.locator
                                OR substr(d.locator, 1, length(rtrim(problem.locator, '/')) + 1)
                                   = rtrim(problem.locator, '/') || '/')) THEN NULL
            ELSE 1
       END
FROM documents d
WHERE d.document_number > ?3
ORDER BY d.document_number
LIMIT ?4
