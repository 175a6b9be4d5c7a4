(function_definition
  body: (_) @function.inside) @function.around
(lambda
  body: (_) @function.inside) @function.around
(type_definition
  body: (_) @class.inside) @class.around
(trait_definition) @class.around
(implementation) @class.around
(test_definition
  body: (_) @test.inside) @test.around

(parameters
  (_) @parameter.inside)
(arguments
  (_) @parameter.inside)

[(comment) (doc_comment) (block_comment)] @comment.inside
[(comment) (doc_comment) (block_comment)]+ @comment.around
