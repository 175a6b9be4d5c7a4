-module(trees).
-export([main/1]).

grow(0) -> {nil, nil};
grow(D) -> {grow(D - 1), grow(D - 1)}.

count(nil) -> 0;
count({L, R}) -> 1 + count(L) + count(R).

main([Arg]) ->
    Depth = list_to_integer(Arg),
    io:format("stretch tree of depth ~w, ~w nodes~n", [Depth + 1, count(grow(Depth + 1))]),
    Long = grow(Depth),
    lists:foreach(fun(D) ->
        Trees = 1 bsl (Depth - D + 4),
        io:format("~w trees of depth ~w, ~w nodes~n", [Trees, D, many(Trees, D, 0)])
    end, lists:seq(4, Depth, 4)),
    io:format("long-lived tree of depth ~w, ~w nodes~n", [Depth, count(Long)]),
    halt().

many(0, _, Sum) -> Sum;
many(N, D, Sum) -> many(N - 1, D, Sum + count(grow(D))).
