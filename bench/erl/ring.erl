-module(ring).
-export([main/1]).

-define(SIZE, 503).

node_loop(Number, Next, Boss) ->
    receive
        0 -> Boss ! Number;
        Hops -> Next ! Hops - 1, node_loop(Number, Next, Boss)
    end.

main([N]) ->
    Hops = list_to_integer(N),
    Boss = self(),
    First = spawn(fun() -> receive {next, Next} -> node_loop(1, Next, Boss) end end),
    Second = lists:foldl(
        fun(I, Next) -> spawn(fun() -> node_loop(I, Next, Boss) end) end,
        First, lists:seq(?SIZE, 2, -1)),
    First ! {next, Second},
    First ! Hops,
    receive Number -> io:format("process ~w has the token after ~w hops~n", [Number, Hops]) end,
    halt(0).
