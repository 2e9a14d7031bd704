import java.lang.reflect.Field;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Starts DynamoDB Local, which by itself listens on every interface, on the loopback interface only.
 *
 * <p>Prints the port it got, and ends when its standard input does: whoever started it cannot leave it behind, however
 * it ends itself.
 */
public final class LoopbackDynamoDB {
    private LoopbackDynamoDB() {}

    public static void main(String[] arguments) throws Exception {
        DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(arguments);
        Field field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        Server server = (Server) field.get(proxy);
        ServerConnector connector = (ServerConnector) server.getConnectors()[0];
        connector.setHost("127.0.0.1");
        connector.setPort(0);
        server.start();
        System.out.println("listening on " + connector.getLocalPort());
        while (System.in.read() != -1) {
            // Nothing is ever sent; only the end of the input matters.
        }
        Runtime.getRuntime().halt(0);
    }
}
