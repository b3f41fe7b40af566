package org.starling.launcher.process;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** A service to start in tests: reads its settings as Spring does and answers on a port. */
public final class SampleService {
    private SampleService() {}

    public static void main(String[] arguments) throws IOException {
        Properties settings = new Properties();
        try (InputStream file =
                Files.newInputStream(Path.of(URI.create(System.getenv("SPRING_CONFIG_ADDITIONAL_LOCATION"))))) {
            settings.load(file);
        }
        if (settings.containsKey("failure")) {
            System.out.println(settings.getProperty("failure"));
            System.exit(3);
        }
        int port = Integer.parseInt(settings.getProperty("port"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("ends in order")));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
    }

    static ServiceSpec spec(String name, Path folder, Map<String, String> settings, int port) {
        return new ServiceSpec(
                name,
                new Program(SampleService.class.getName(), List.of(Classpath.of(SampleService.class))),
                List.of("-Xmx32m", "-XX:TieredStopAtLevel=1"),
                settings,
                Map.of(),
                1,
                folder.resolve(name),
                URI.create("http://127.0.0.1:" + port + "/"));
    }

    /** Starts the service from a process of its own, which then only waits. */
    public static final class Launcher {
        private Launcher() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            int port = Integer.parseInt(arguments[1]);
            Path folder = Path.of(arguments[0]);
            new ServiceProcess(spec("child", folder, Map.of("port", arguments[1]), port), folder, process -> {})
                    .start();
            Thread.currentThread().join();
        }
    }
}
