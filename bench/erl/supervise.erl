-module(supervise).
-behaviour(supervisor).
-export([main/1, init/1, start_child/1]).

child(To) -> To ! {up, self()}, receive crash -> exit(crash) end.

start_child(To) -> {ok, spawn_link(fun() -> child(To) end)}.

init({To, Count}) ->
    {ok, {#{strategy => one_for_one, intensity => Count + 1, period => 3600},
          [#{id => child, start => {?MODULE, start_child, [To]}}]}}.

crash(0, Ends) -> Ends;
crash(Left, Ends) ->
    receive {up, P} -> P ! crash end,
    crash(Left - 1, Ends + 1).

main([N]) ->
    Count = list_to_integer(N),
    logger:set_primary_config(level, none),
    {ok, _} = supervisor:start_link(?MODULE, {self(), Count}),
    Ends = crash(Count, 0),
    receive {up, _} -> ok end,
    io:format("~w~n", [Ends]),
    halt(0).
