-module(idle).
-export([main/1]).

work(Sum) -> receive N when is_integer(N) -> work(Sum + N); From -> From ! Sum end.

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    4096 * binary_to_integer(lists:nth(2, binary:split(Text, <<" ">>, [global]))).

gather(0, Sum) -> Sum;
gather(Left, Sum) -> receive N -> gather(Left - 1, Sum + N) end.

main([N]) ->
    Count = list_to_integer(N),
    Me = self(),
    Before = resident(),
    Begun = erlang:monotonic_time(nanosecond),
    All = [spawn(fun() -> work(I) end) || I <- lists:seq(1, Count)],
    Made = erlang:monotonic_time(nanosecond),
    timer:sleep(300),
    io:format(standard_error, "figure bytes ~w~nfigure made_ns ~w~n", [(resident() - Before) div Count, (Made - Begun) div Count]),
    [P ! Me || P <- All],
    io:format("~w~n", [gather(Count, 0)]),
    halt(0).
