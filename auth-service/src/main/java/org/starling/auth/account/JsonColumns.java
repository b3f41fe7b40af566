package org.starling.auth.account;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.auth.hub.HubAccount.Membership;
import org.starling.auth.hub.HubProfile.Hardware;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Lists that nobody searches, as JSON in one column each. */
final class JsonColumns {

    private static final JsonMapper JSON = new JsonMapper();

    private JsonColumns() {}

    @Converter
    static final class Memberships extends Column<Membership> {
        Memberships() {
            super(new TypeReference<>() {});
        }
    }

    @Converter
    static final class HardwareItems extends Column<Hardware> {
        HardwareItems() {
            super(new TypeReference<>() {});
        }
    }

    private abstract static class Column<T> implements AttributeConverter<@Nullable List<T>, @Nullable String> {

        private final TypeReference<List<T>> type;

        Column(TypeReference<List<T>> type) {
            this.type = type;
        }

        @Override
        public @Nullable String convertToDatabaseColumn(@Nullable List<T> list) {
            return list == null ? null : JSON.writeValueAsString(list);
        }

        @Override
        public @Nullable List<T> convertToEntityAttribute(@Nullable String column) {
            return column == null ? null : JSON.readValue(column, type);
        }
    }
}
