-module(ticker).
-export([main/1]).

tree(0) -> leaf;
tree(Depth) -> {tree(Depth - 1), tree(Depth - 1)}.

count(leaf) -> 1;
count({A, B}) -> count(A) + count(B).

burn() -> case count(tree(12)) > 0 of true -> burn(); false -> ok end.

tick(0, _, Late) -> Late;
tick(Left, Due, Late) ->
    receive after 1 -> ok end,
    Now = erlang:monotonic_time(nanosecond),
    tick(Left - 1, Now + 1000000, [(Now - Due) div 1000 | Late]).

main([N]) ->
    Count = list_to_integer(N),
    [spawn(fun burn/0) || _ <- lists:seq(1, 4)],
    Late = lists:sort(tick(Count, erlang:monotonic_time(nanosecond) + 1000000, [])),
    At = fun(Share) -> lists:nth(Count * Share div 1000 + 1, Late) end,
    io:format(standard_error, "figure p50_us ~w~nfigure p99_us ~w~nfigure p999_us ~w~n", [At(500), At(990), At(999)]),
    io:format("~w~n", [Count]),
    halt(0).
