-module(skynet).
-export([main/1]).

skynet(Parent, Number, 1) -> Parent ! Number;
skynet(Parent, Number, Leaves) ->
    Me = self(),
    Share = Leaves div 10,
    [spawn(fun() -> skynet(Me, Number + I * Share, Share) end) || I <- lists:seq(0, 9)],
    Parent ! gather(10, 0).

gather(0, Sum) -> Sum;
gather(Left, Sum) -> receive N -> gather(Left - 1, Sum + N) end.

main([N]) ->
    Me = self(),
    spawn(fun() -> skynet(Me, 0, list_to_integer(N)) end),
    io:format("~w~n", [gather(1, 0)]),
    halt(0).
