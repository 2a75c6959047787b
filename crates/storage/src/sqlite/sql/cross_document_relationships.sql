-- Those of an element that lead to a document which is there.
SELECT d.document_number, r.target_position, r.score
FROM relationships r
JOIN documents d ON d.doc_id = r.target_doc_id
WHERE r.document_number = ?1 AND r.position = ?2 AND r.relationship_type = 'cross_document'
