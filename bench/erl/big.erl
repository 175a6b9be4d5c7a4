-module(big).
-export([main/1]).

talk(0, 0, Boss) -> Boss ! 1;
talk(Pings, Pongs, Boss) ->
    receive
        {ping, From} -> From ! pong, talk(Pings - 1, Pongs, Boss);
        pong -> talk(Pings, Pongs - 1, Boss)
    end.

member(Size, Boss) ->
    receive {all, All} -> ok end,
    Me = self(),
    [P ! {ping, Me} || P <- All, P =/= Me],
    talk(Size - 1, Size - 1, Boss).

gather(0, Sum) -> Sum;
gather(Left, Sum) -> receive N when is_integer(N) -> gather(Left - 1, Sum + N) end.

main([N]) ->
    Size = list_to_integer(N),
    Boss = self(),
    All = [spawn(fun() -> member(Size, Boss) end) || _ <- lists:seq(1, Size)],
    [P ! {all, All} || P <- All],
    io:format("~w~n", [gather(Size, 0)]),
    halt(0).
