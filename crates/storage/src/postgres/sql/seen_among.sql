SELECT doc_key FROM documents WHERE doc_key = ANY ($2) AND seen_by_run = $1
