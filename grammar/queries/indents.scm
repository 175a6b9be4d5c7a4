[
  (block)
  (do_block)
  (record_type)
  (list)
  (map)
  (set)
  (tuple)
  (arguments)
  (parameters)
  (match_expression)
  (receive_expression)
  (try_expression)
  (trait_definition)
  (implementation)
  (module_definition)
] @indent

["}" ")" "]" "end" "else" "catch" "finally"] @outdent
