-module(pmap).
-export([main/1]).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

main([A]) ->
    N = list_to_integer(A),
    Me = self(),
    Refs = [begin R = make_ref(), spawn(fun() -> Me ! {R, fib(N)} end), R end || _ <- lists:seq(1, 16)],
    io:format("~w~n", [lists:sum([receive {R, X} -> X end || R <- Refs])]),
    halt(0).
