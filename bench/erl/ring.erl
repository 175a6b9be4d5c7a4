-module(ring).
-export([main/1]).

main([Arg]) ->
    Hops = list_to_integer(Arg),
    Boss = self(),
    First = spawn(fun() -> receive {next, Next} -> node(1, Next, Boss) end end),
    Second = lists:foldl(fun(I, Next) -> spawn(fun() -> node(503 - I, Next, Boss) end) end, First, lists:seq(0, 501)),
    First ! {next, Second},
    First ! Hops,
    receive {done, Number} -> io:format("process ~w has the token after ~w hops~n", [Number, Hops]) end,
    halt().

node(Number, Next, Boss) ->
    receive
        0 -> Boss ! {done, Number};
        Hops -> Next ! (Hops - 1), node(Number, Next, Boss)
    end.
