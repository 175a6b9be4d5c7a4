-module(chameneos).
-export([main/1]).

complement(blue, red) -> yellow;
complement(blue, yellow) -> red;
complement(red, blue) -> yellow;
complement(red, yellow) -> blue;
complement(yellow, blue) -> red;
complement(yellow, red) -> blue;
complement(C, _) -> C.

creature(Place, Boss, Colour, Met) ->
    Place ! {self(), Colour},
    receive
        {met, Other} -> creature(Place, Boss, complement(Colour, Other), Met + 1);
        over -> Boss ! Met
    end.

meet(0, Left) -> close(Left);
meet(Meetings, Left) ->
    receive {A, Mine} -> ok end,
    receive {B, Other} -> ok end,
    A ! {met, Other},
    B ! {met, Mine},
    meet(Meetings - 1, Left).

close(0) -> ok;
close(Left) -> receive {P, _} -> P ! over end, close(Left - 1).

gather(0, Sum) -> Sum;
gather(Left, Sum) -> receive N when is_integer(N) -> gather(Left - 1, Sum + N) end.

main([N]) ->
    Meetings = list_to_integer(N),
    Boss = self(),
    Place = spawn(fun() -> meet(Meetings, 10) end),
    [spawn(fun() -> creature(Place, Boss, C, 0) end)
     || C <- [blue, red, yellow, red, yellow, blue, red, yellow, red, blue]],
    io:format("~w~n", [gather(10, 0)]),
    halt(0).
