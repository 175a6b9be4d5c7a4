-module(crash).
-export([main/1]).

again(0, Ends) -> Ends;
again(Left, Ends) ->
    {_, Ref} = spawn_monitor(fun() -> exit(boom) end),
    receive {'DOWN', Ref, _, _, _} -> again(Left - 1, Ends + 1) end.

main([N]) ->
    io:format("~w~n", [again(list_to_integer(N), 0)]),
    halt(0).
