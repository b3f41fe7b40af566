package org.starling.swarm.simulation;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.starling.swarm.averaging.Group;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.membership.PeerView;

/**
 * What all the tables and queues of a program hold, and what it waits for: every collection, map and future that is to be reached from it through
 * the fields of the swarm's own classes, so that one that is added tomorrow is counted, too.
 */
final class Tables {
    private static final String OWN = "org.starling.swarm.";
    /** What is outside of the program: the virtual network, clock and training loop. */
    private static final List<String> OUTSIDE =
            List.of(OWN + "simulation.", OWN + "testing.", OWN + "virtual.", OWN + "wire.proto.");
    /** Messages and what is parsed of them: they have limits of their own and do not grow. */
    private static final Set<Class<?>> VALUES =
            Set.of(EpochRecord.class, Group.class, PeerView.class, AccessToken.class);

    private static final Map<Class<?>, List<Field>> FIELDS = new ConcurrentHashMap<>();

    private final Map<String, Long> sizes = new TreeMap<>();
    private final Map<CompletableFuture<?>, String> open = new LinkedHashMap<>();
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Object> waiting = new ArrayDeque<>();

    private Tables() {}

    /** Walks through a program. */
    static Tables of(Object program) {
        Tables tables = new Tables();
        tables.visit(program);
        while (!tables.waiting.isEmpty()) {
            tables.lookInto(tables.waiting.removeLast());
        }
        return tables;
    }

    /** Entries by package, class and field; those of several objects of a class together. */
    Map<String, Long> sizes() {
        return sizes;
    }

    /** What the program waits for: futures that are not done, each with the package, class and field where it is kept. */
    Map<CompletableFuture<?>, String> open() {
        return open;
    }

    private void visit(Object value) {
        if (isOwn(value.getClass()) && !VALUES.contains(value.getClass()) && seen.add(value)) {
            waiting.add(value);
        }
    }

    private static boolean isOwn(Class<?> type) {
        return type.getName().startsWith(OWN)
                && !type.isHidden()
                && !type.isEnum()
                && OUTSIDE.stream().noneMatch(type.getName()::startsWith);
    }

    private void lookInto(Object owner) {
        for (Field field : FIELDS.computeIfAbsent(owner.getClass(), Tables::fields)) {
            Object value = read(field, owner);
            if (value != null) {
                lookAt(field, value);
            }
        }
    }

    private void lookAt(Field field, Object value) {
        if (value instanceof Map<?, ?> map) {
            lookThrough(field, map.values());
        } else if (value instanceof Collection<?> collection) {
            lookThrough(field, collection);
        } else if (value instanceof Object[] array) {
            lookThrough(field, Arrays.asList(array));
        } else if (value instanceof CompletableFuture<?> future) {
            if (!future.isDone()) {
                open.put(future, name(field));
            }
        } else {
            visit(value);
        }
    }

    private void lookThrough(Field field, Collection<?> entries) {
        sizes.merge(name(field), (long) entries.size(), Long::sum);
        for (Object entry : entries) {
            if (entry != null) {
                lookAt(field, entry);
            }
        }
    }

    private static String name(Field field) {
        return field.getDeclaringClass().getName().substring(OWN.length()) + "." + field.getName();
    }

    private static List<Field> fields(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> at = type; at != null && isOwn(at); at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    fields.add(field);
                }
            }
        }
        AccessibleObject.setAccessible(fields.toArray(Field[]::new), true);
        return fields;
    }

    private static Object read(Field field, Object owner) {
        try {
            return field.get(owner);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("The field was made accessible", e);
        }
    }
}
