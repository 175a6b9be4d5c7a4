-module(echo).
-export([main/1]).

echo(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Text} -> ok = gen_tcp:send(Socket, Text), echo(Socket);
        {error, closed} -> gen_tcp:close(Socket)
    end.

serve(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() -> receive go -> echo(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    serve(Listener).

ask(_, 0, Bytes) -> Bytes;
ask(Socket, Left, Bytes) ->
    ok = gen_tcp:send(Socket, <<"sixteen letters!">>),
    {ok, Got} = gen_tcp:recv(Socket, 16),
    ask(Socket, Left - 1, Bytes + byte_size(Got)).

gather(0, Sum) -> Sum;
gather(Left, Sum) -> receive N when is_integer(N) -> gather(Left - 1, Sum + N) end.

main([N]) ->
    Rounds = list_to_integer(N),
    Me = self(),
    Options = [binary, {active, false}, {nodelay, true}, {backlog, 1024}],
    {ok, Listener} = gen_tcp:listen(0, Options),
    {ok, Port} = inet:port(Listener),
    spawn(fun() -> serve(Listener) end),
    [spawn(fun() ->
        {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {nodelay, true}]),
        Bytes = ask(Socket, Rounds, 0),
        gen_tcp:close(Socket),
        Me ! Bytes
    end) || _ <- lists:seq(1, 1000)],
    io:format("~w~n", [gather(1000, 0)]),
    halt(0).
