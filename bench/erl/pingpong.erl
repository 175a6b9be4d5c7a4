-module(pingpong).
-export([main/1]).

pong() -> receive {From, N} -> From ! N + 1, pong() end.

ping(_, N, 0) -> N;
ping(Other, N, Left) ->
    Other ! {self(), N},
    receive M -> ping(Other, M, Left - 1) end.

main([N]) ->
    Other = spawn(fun pong/0),
    io:format("~w~n", [ping(Other, 0, list_to_integer(N))]),
    halt(0).
