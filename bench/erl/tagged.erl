-module(tagged).
-export([main/1]).

echo() -> receive {From, Ref, N} -> From ! {Ref, N}, echo() end.

ask(_, 0, Sum) -> Sum;
ask(Other, Left, Sum) ->
    Ref = make_ref(),
    Other ! {self(), Ref, Left},
    receive {Ref, N} -> ask(Other, Left - 1, Sum + N) end.

main([N]) ->
    Other = spawn(fun echo/0),
    Old = make_ref(),
    [self() ! {Old, I} || I <- lists:seq(1, 100000)],
    io:format("~w~n", [ask(Other, list_to_integer(N), 0)]),
    halt(0).
