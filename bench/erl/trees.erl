-module(trees).
-export([main/1]).

grow(0) -> {leaf, leaf};
grow(D) -> {grow(D - 1), grow(D - 1)}.

count(leaf) -> 0;
count({L, R}) -> 1 + count(L) + count(R).

repeat(0, _, Nodes) -> Nodes;
repeat(N, D, Nodes) -> repeat(N - 1, D, Nodes + count(grow(D))).

rows(D, Depth) when D > Depth -> ok;
rows(D, Depth) ->
    Trees = 1 bsl (Depth - D + 4),
    io:format("~w trees of depth ~w, ~w nodes~n", [Trees, D, repeat(Trees, D, 0)]),
    rows(D + 4, Depth).

main([N]) ->
    Depth = max(list_to_integer(N), 6),
    io:format("stretch tree of depth ~w, ~w nodes~n", [Depth + 1, count(grow(Depth + 1))]),
    LongLived = grow(Depth),
    rows(4, Depth),
    io:format("long-lived tree of depth ~w, ~w nodes~n", [Depth, count(LongLived)]),
    halt(0).
