-module(spawn).
-export([main/1]).

work(0, Sum) -> Sum;
work(Left, Sum) ->
    Me = self(),
    spawn(fun() -> Me ! 1 end),
    receive N -> work(Left - 1, Sum + N) end.

main([N]) ->
    io:format("~w~n", [work(list_to_integer(N), 0)]),
    halt(0).
