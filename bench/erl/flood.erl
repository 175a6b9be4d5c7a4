-module(flood).
-export([main/1]).

sum(0, Total) -> Total;
sum(Left, Total) -> receive N -> sum(Left - 1, Total + N) end.

send(_, 0) -> ok;
send(To, Left) -> To ! Left, send(To, Left - 1).

main([N]) ->
    Each = list_to_integer(N),
    Me = self(),
    [spawn(fun() -> send(Me, Each) end) || _ <- lists:seq(1, 4)],
    io:format("~w~n", [sum(4 * Each, 0)]),
    halt(0).
