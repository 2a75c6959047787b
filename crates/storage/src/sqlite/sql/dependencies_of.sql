SELECT d.link_depth, dependency.target_source, dependency.target_locator
FROM documents d
JOIN document_dependencies dependency USING (document_number)
WHERE d.doc_id = ?1
