package org.starling.swarm.simulation;

import java.lang.reflect.Field;

/** Reaches what a program keeps to itself: an observer who sees all sees that too, and a test may break it. */
final class Inside {
    private Inside() {}

    /** The part of a type that an object has. */
    static <T> T part(Object owner, Class<T> type) {
        for (Field field : owner.getClass().getDeclaredFields()) {
            if (field.getType() == type) {
                return type.cast(read(field, owner));
            }
        }
        throw new IllegalArgumentException(owner.getClass() + " has no " + type);
    }

    /**
     * Plants another part.
     *
     * @param path names of fields, from the owner to the part, with dots between them
     */
    static void replace(Object owner, String path, Object part) {
        try {
            Object at = owner;
            String[] names = path.split("\\.");
            for (int i = 0; i < names.length - 1; i++) {
                at = read(at.getClass().getDeclaredField(names[i]), at);
            }
            Field last = at.getClass().getDeclaredField(names[names.length - 1]);
            last.setAccessible(true);
            last.set(at, part);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(owner.getClass() + " has no " + path, e);
        }
    }

    private static Object read(Field field, Object owner) {
        try {
            field.setAccessible(true);
            return field.get(owner);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("The field was made accessible", e);
        }
    }
}
