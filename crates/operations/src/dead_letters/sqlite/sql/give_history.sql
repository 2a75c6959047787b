-- Attempts that were made go with the document.
INSERT INTO document_attempts (queue_id, attempt, worker_id, started_at, ended_at, error_class, error_message)
SELECT ?2, made.value ->> 'attempt', coalesce(made.value ->> 'worker_id', ''), made.value ->> 'started_at',
       made.value ->> 'ended_at', made.value ->> 'error_class', made.value ->> 'error_message'
FROM dead_letter_queue letter, json_each(letter.attempts) AS made
WHERE letter.dead_letter_id = ?1
