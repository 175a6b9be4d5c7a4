-module(count).
-export([main/1]).

counter(N) ->
    receive
        increment -> counter(N + 1);
        {get, From} -> From ! N
    end.

send(_, 0) -> ok;
send(Pid, Left) -> Pid ! increment, send(Pid, Left - 1).

main([N]) ->
    Pid = spawn(fun() -> counter(0) end),
    send(Pid, list_to_integer(N)),
    Pid ! {get, self()},
    receive Count -> io:format("~w~n", [Count]) end,
    halt(0).
