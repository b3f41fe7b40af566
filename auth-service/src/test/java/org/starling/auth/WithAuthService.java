package org.starling.auth;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** Tests that share one service, as it is without settings of their own. */
@NullUnmarked
abstract class WithAuthService {

    protected static RunningAuthService service;

    @BeforeAll
    static void start(@TempDir Path folder) {
        service = new RunningAuthService(folder);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /** The browser of somebody who has not been here yet. */
    protected static PersonsBrowser browser() {
        return new PersonsBrowser(service.url);
    }

    /** Methods and paths that the service answers below a prefix, such as {@code GET /api/v1/me}. */
    protected static Set<String> endpoints(String prefix) {
        Set<String> endpoints = new TreeSet<>();
        service.context
                .getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
                .getHandlerMethods()
                .keySet()
                .forEach(mapping -> mapping.getPatternValues().stream()
                        .filter(pattern -> pattern.startsWith(prefix))
                        .forEach(pattern -> {
                            if (mapping.getMethodsCondition().getMethods().isEmpty()) {
                                endpoints.add("ANY " + pattern);
                            }
                            mapping.getMethodsCondition()
                                    .getMethods()
                                    .forEach(method -> endpoints.add(method + " " + pattern));
                        }));
        return endpoints;
    }
}
