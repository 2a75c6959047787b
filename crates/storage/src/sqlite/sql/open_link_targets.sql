SELECT DISTINCT r.target_doc_id
FROM relationships r
LEFT JOIN documents target ON target.doc_id = r.target_doc_id
WHERE r.document_number = ?2 AND r.relationship_type = 'explicit'
  AND (target.seen_by_run IS NULL OR target.seen_by_run <> ?1)
