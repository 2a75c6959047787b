DELETE FROM relationships r
USING unnest($1::bigint[], $2::integer[]) AS old (document_number, relationship_number)
WHERE r.document_number = old.document_number AND r.relationship_type = 'cross_document'
  AND r.relationship_number = old.relationship_number
