-- Whether the run gave up a document of any source that, as it was stored last, links to documents of source $2.
SELECT EXISTS (
    SELECT 1
    FROM dead_letter_queue letter
    JOIN documents d ON d.doc_key = letter.doc_key
    JOIN document_dependencies dependency ON dependency.document_number = d.document_number
    WHERE letter.run_id = $1 AND dependency.target_source = $2)
