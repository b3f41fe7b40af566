package org.starling.auth.web;

import org.springframework.beans.factory.BeanClassLoaderAware;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.support.GenericConversionService;
import org.springframework.core.serializer.support.DeserializingConverter;
import org.springframework.core.serializer.support.SerializingConverter;
import org.starling.auth.authority.Sealing;

/**
 * Sessions lie in the database, so that any instance of the service goes on with them. Their attributes are encrypted: they
 * hold what the hub said of a person. And only what this service itself has encrypted is ever deserialized.
 */
@Configuration(proxyBeanMethods = false)
class SessionConfiguration implements BeanClassLoaderAware {

    private static final String NAME = "session";

    private ClassLoader classLoader = SessionConfiguration.class.getClassLoader();

    @Override
    public void setBeanClassLoader(ClassLoader loader) {
        classLoader = loader;
    }

    @Bean
    ConversionService springSessionConversionService(Sealing sealing) {
        SerializingConverter serializer = new SerializingConverter();
        DeserializingConverter deserializer = new DeserializingConverter(classLoader);
        GenericConversionService conversions = new GenericConversionService();
        conversions.addConverter(
                Object.class, byte[].class, attribute -> sealing.seal(NAME, serializer.convert(attribute)));
        conversions.addConverter(
                byte[].class, Object.class, stored -> deserializer.convert(sealing.open(NAME, stored)));
        return conversions;
    }
}
