-- A link leads to a document as a whole; what its fragment names is found when it is read.
INSERT INTO relationships
    (document_number, relationship_number, position, relationship_type, target_doc_id, target_position, fragment)
SELECT new.document_number, new.relationship_number, new.position, 'explicit', new.target_doc_id, 0, new.fragment
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[])
    AS new (document_number, relationship_number, position, target_doc_id, fragment)
