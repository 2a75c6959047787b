-- The run that takes a document in tries it anew: what became of it in earlier runs is no longer so.
DELETE FROM dead_letter_queue WHERE doc_key = ANY ($2) AND run_id <> $1
