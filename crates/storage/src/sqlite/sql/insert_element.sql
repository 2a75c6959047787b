INSERT INTO elements
    (document_number, position, parent_position, ordinal, depth, element_type, text, content_location, attributes,
     content_digest)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
